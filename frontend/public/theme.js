// What must be settled before the page's modules run. A file of its own, because the content policy allows no inline script.
(function () {
  // WebKitGTK says that the language is "C" where none was chosen. No format takes that, and the chart's would end the page.
  try {
    new Intl.NumberFormat(navigator.language)
  } catch (e) {
    Object.defineProperty(navigator, 'language', { value: 'en-US' })
  }
  // The theme, before the first paint.
  var kept = null
  try {
    kept = localStorage.getItem('weir.theme')
  } catch (e) {
    // storage is closed to us: follow the system
  }
  var dark = kept === 'dark' || (kept !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
})()
