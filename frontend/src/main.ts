import { mount } from 'svelte'
import App from './App.svelte'
import { followDesktop } from './lib/desktop'
import './app.css'

const target = document.getElementById('app')
if (!target) throw new Error('the page has no #app')

followDesktop()
export default mount(App, { target })
