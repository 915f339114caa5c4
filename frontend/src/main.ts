import { mount } from 'svelte'
import App from './App.svelte'
import { followOutside } from './lib/outside'
import './app.css'

const target = document.getElementById('app')
if (!target) throw new Error('the page has no #app')

followOutside()
export default mount(App, { target })
