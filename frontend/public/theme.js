// Sets the theme before the first paint. A file of its own, because the content policy allows no inline script.
(function () {
  var kept = null
  try {
    kept = localStorage.getItem('weir.theme')
  } catch (e) {
    // storage is closed to us: follow the system
  }
  var dark = kept === 'dark' || (kept !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
})()
