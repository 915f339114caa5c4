// Providers and their forms, then keys and theirs, on a stand-in that remembers what it was asked.
import assert from 'node:assert/strict'
import { inspect, openPage, sizes } from './browser.mjs'
import { fillKeys } from './forms-keys.mjs'
import { asked, button, choose, clean, dialog, focused, gone, last, order, row, typing } from './forms-parts.mjs'
import { crowd, makeFormsWorld } from './forms-world.mjs'
import { becomes, check, matches } from './harness.mjs'
import { startStandin } from './standin.mjs'

export async function fill(browser, dist) {
  const world = makeFormsWorld(30)
  const standin = await startStandin(dist, world)
  const opened = await openPage(browser, standin.url, { session: true, expected: /status of (404|409|500)/ })
  const stage = { page: opened.page, world, standin, go: (hash) => opened.page.goto(`${standin.url}/#/${hash}`) }
  try {
    await providerRows(stage)
    await adding(stage)
    await presets(stage)
    await models(stage)
    await options(stage)
    await editing(stage)
    await ordering(stage)
    await removing(stage)
    await fillKeys(stage)
    await many(stage)
    await check('no error in the console of the forms, and no request to another origin', () => assert.deepEqual(opened.faults, []))
  } finally {
    await opened.close()
    await standin.stop()
  }
}

async function providerRows({ page, world, standin, go }) {
  await check('the first provider is added from the page that has none', async () => {
    const { providers } = world
    world.providers = []
    await go('providers')
    await page.getByText('Weir has no provider yet').waitFor()
    await clean(inspect(page, 'forms-providers-empty'))
    world.providers = providers
    standin.send('providers')
    await row(page, 'ch_1').waitFor()
  })
  await check('the row that the address names is marked, and each row says its state and its place', async () => {
    await go('providers/ch_2')
    await page.locator('[data-row=ch_2][aria-current=true]').waitFor()
    await row(page, 'ch_2').getByText('OpenAI refused this key (401).').waitFor()
    await row(page, 'ch_1').getByText('Tried first; shares its calls evenly with 1 other').waitFor()
    await row(page, 'ch_3').getByText('disabled').waitFor()
    assert.equal(await row(page, 'ch_2').getByRole('link').getAttribute('href'), '#/calls?channel=ch_2')
    await clean(inspect(page, 'forms-providers'))
  })
}

async function adding({ page, world }) {
  const key = page.getByLabel('Paste a provider key')
  const submit = page.locator('button[type=submit]')
  await check('a key is recognised as it is pasted, whosever it is', async () => {
    await button(page, 'Add a provider').click()
    await becomes(() => focused(page), 'Paste a provider key')
    for (const [pasted, says] of [
      ['sk-ant-1', 'This is a key of Anthropic.'],
      ['sk-1', 'This looks like a key of OpenAI. Others begin so, too'],
      ['AKIA1', 'This looks like a key of AWS, which Weir has no preset for.'],
      ['sk-weir-1', "This is one of Weir's own keys"],
      ['sk-or-v1-1', 'This is a key of OpenRouter.'],
    ]) {
      await key.fill(pasted)
      await page.getByText(says).waitFor()
    }
    await becomes(() => page.getByRole('radio', { name: /^OpenRouter/ }).isChecked(), true)
    await clean(inspect(page, 'forms-recognised'))
    await key.fill('hf_1')
    await button(page, 'Use Hugging Face').click()
    await becomes(() => page.getByLabel('Base URL').inputValue(), 'https://router.huggingface.co/v1')
    await becomes(() => page.getByLabel('Name', { exact: true }).inputValue(), 'Hugging Face')
  })
  await check('while a key is tested the page says so, and takes no second submit', async () => {
    let come
    world.slow = { 'providers.add': new Promise((done) => (come = done)) }
    await key.fill('hf_wrong')
    await key.press('Enter')
    await page.getByText('which costs nothing').waitFor()
    await key.press('Enter')
    await submit.click({ force: true })
    await page.keyboard.press('Escape')
    await clean(inspect(page, 'forms-testing'))
    world.slow = {}
    come()
    await page.getByText('The provider refused this key (401).').waitFor()
    assert.equal(asked(world, 'providers.add'), 1)
  })
  await check('a refused key is said by its field, which has the focus; nothing is lost, and nothing saved', async () => {
    await becomes(() => key.getAttribute('aria-invalid'), 'true')
    assert.equal(await key.inputValue(), 'hf_wrong')
    await page.waitForFunction(() => document.activeElement?.getAttribute('aria-invalid') === 'true')
    assert.equal(world.providers.length, 3)
    await clean(inspect(page, 'forms-refused'))
  })
  await check('it can be saved anyway, untested', async () => {
    await button(page, 'Save anyway').click()
    await gone(page)
    const { type, no_test, strict, secret, base_url } = last(world, 'providers.add')
    assert.deepEqual({ type, no_test, strict, secret, base_url }, { type: 'custom-openai', no_test: true, strict: undefined, secret: 'hf_wrong', base_url: 'https://router.huggingface.co/v1' })
    await page.locator('[aria-current=true]').getByText('not tested').waitFor()
  })
  await check('a form that lacks something says what, at the first field that lacks it', async () => {
    await button(page, 'Add a provider').click()
    await submit.click()
    await page.getByText('Choose whose key this is.').waitFor()
    await page.getByRole('radio', { name: /^Custom/ }).check()
    await page.getByText('Advanced').click()
    await button(page, 'Add a name').click()
    await typing(page, 'Name 1 that clients say')
    await page.keyboard.type('fast')
    await submit.click()
    await page.getByText('Say where it is').waitFor()
    await page.getByText('Say what the provider calls it').waitFor()
    await becomes(() => focused(page), 'Base URL')
    await clean(inspect(page, 'forms-lacking'))
    await page.setViewportSize(sizes.small)
    await clean(inspect(page, 'forms-lacking-small', { axe: false }))
    await page.setViewportSize(sizes.zoomed)
    await clean(inspect(page, 'forms-lacking-zoomed', { axe: false }))
    await page.setViewportSize(sizes.wide)
  })
  await check('models are renamed in rows, by keyboard alone', async () => {
    await page.getByLabel('Base URL').fill('http://127.0.0.1:8080/v1')
    await page.getByLabel('Name 1 that clients say').focus()
    await page.keyboard.press('Tab')
    await page.keyboard.type('gpt-5-mini')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await typing(page, 'Name 2 that clients say')
    await page.keyboard.type('smart')
    await page.keyboard.press('Tab')
    await page.keyboard.type('gpt-5')
    await page.keyboard.press('Enter')
    await gone(page)
    assert.deepEqual(last(world, 'providers.add').map, { fast: 'gpt-5-mini', smart: 'gpt-5' })
    await page.getByText('Renamed: fast → gpt-5-mini, smart → gpt-5').waitFor()
  })
}

async function presets({ page, world }) {
  const names = () => page.locator('.tile .name').allInnerTexts()
  await check('of many presets those come first that the key may be of, and a search finds the others', async () => {
    const added = asked(world, 'providers.add')
    await button(page, 'Add a provider').click()
    await page.getByLabel('Paste a provider key').fill('sk-1')
    await becomes(async () => (await names()).slice(0, 5), ['OpenAI', 'DeepSeek', 'Qwen (Model Studio), China', 'New API', 'Anthropic'])
    await page.getByLabel('Search providers').fill('nobody')
    await page.getByText('No provider is called so.').waitFor()
    await page.getByLabel('Search providers').fill('deep')
    await becomes(names, ['DeepSeek'])
    await page.keyboard.press('Enter')
    await becomes(() => page.getByLabel('Name', { exact: true }).inputValue(), 'DeepSeek')
    assert.equal(asked(world, 'providers.add'), added, 'Return in a search sends no form')
    await clean(inspect(page, 'forms-presets'))
  })
  await check('servers on this machine are looked for when somebody asks for it, and not before', async () => {
    assert.equal(asked(world, 'providers.local'), 0)
    await button(page, 'Look for local servers').click()
    await page.getByText('No server answers at the usual addresses of Ollama, LM Studio.').waitFor()
    world.local = [{ type: 'ollama', base_url: 'http://127.0.0.1:11434', models: [{ id: 'a' }, { id: 'b' }] }]
    await button(page, 'Look for local servers').click()
    await page.getByText('Ollama answers at http://127.0.0.1:11434, with 2 models.').waitFor()
    await clean(inspect(page, 'forms-local'))
    await button(page, 'Use Ollama').click()
    await becomes(() => page.getByLabel('Name', { exact: true }).inputValue(), 'Ollama')
    await button(page, 'Cancel').click()
    await gone(page)
  })
}

async function models({ page, world }) {
  await check('models are fetched on a click, searched and chosen; what is wrong is said by its field', async () => {
    await button(page, 'Add a provider').click()
    await page.getByLabel('Paste a provider key').fill('sk-or-v1-wrong')
    await page.getByText('Advanced').click()
    await button(page, 'Fetch models').click()
    await page.getByText('The provider refused this key (401).').waitFor()
    await becomes(() => page.getByLabel('Paste a provider key').getAttribute('aria-invalid'), 'true')
    await becomes(() => button(page, 'Save anyway').count(), 0)
    await page.getByLabel('Paste a provider key').fill('sk-or-v1-right')
    await button(page, 'Fetch models').click()
    await page.getByText('450 models, 0 chosen').waitFor()
    await page.getByText('250 more: search for them.').waitFor()
    await page.getByLabel('Search models').fill('GPT 5')
    await page.getByLabel('openai/gpt-5-mini', { exact: true }).check()
    await page.getByLabel('openai/gpt-5', { exact: true }).check()
    await page.getByLabel('openai/gpt-5', { exact: true }).uncheck()
    await page.getByText('450 models, 1 chosen').waitFor()
    await clean(inspect(page, 'forms-models'))
    await page.setViewportSize(sizes.small)
    await clean(inspect(page, 'forms-models-small', { axe: false }))
    await page.setViewportSize(sizes.zoomed)
    await clean(inspect(page, 'forms-models-zoomed', { axe: false }))
    await page.setViewportSize(sizes.wide)
    await button(page, 'Choose all shown').click()
    await becomes(() => page.getByLabel('Models', { exact: true }).inputValue(), 'openai/gpt-5-mini\nopenai/gpt-5')
    const { op, ...question } = last(world, 'providers.models')
    assert.deepEqual(question, { type: 'openrouter', secret: 'sk-or-v1-right' })
  })
}

async function options({ page, world }) {
  await check('options that cannot be sent are unfolded and said', async () => {
    await page.getByText('Connection', { exact: true }).click()
    await page.getByLabel('Proxy').fill('socks5h://127.0.0.1:1080')
    await page.getByLabel('Longest silence').fill('0')
    await page.getByText('Connection', { exact: true }).click()
    await page.getByText('Headers and parameters').click()
    await button(page, 'Add a header').click()
    await typing(page, 'Header 1')
    await page.keyboard.type('X Team')
    await button(page, 'Add a parameter').click()
    await typing(page, 'Parameter 1')
    await page.keyboard.type('options.seed')
    await page.keyboard.press('Tab')
    await page.keyboard.type('seven')
    await page.locator('button[type=submit]').click()
    await page.getByText('A time above zero, of an hour at most.').waitFor()
    await page.getByText("A header's name has letters, digits and hyphens.").waitFor()
    await page.getByText('The value is JSON: put text in quotation marks.').waitFor()
    await clean(inspect(page, 'forms-options-wrong'))
  })
  await check('options are sent as they are told, several keys among them, and shown masked', async () => {
    await page.getByLabel('Longest silence').fill('90.5')
    await page.getByLabel('Header 1', { exact: true }).fill('X-Team')
    await page.getByLabel('Value of header 1').fill('a-secret-of-the-team')
    await page.getByLabel('Value of parameter 1').fill('7')
    await page.getByLabel('Paste a provider key').evaluate((input) => {
      const data = new DataTransfer()
      data.setData('text', 'sk-or-v1-first-1111\n\nsk-or-v1-second-2222\n')
      input.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
    })
    await becomes(() => page.getByLabel('Provider key 2', { exact: true }).inputValue(), 'sk-or-v1-second-2222')
    await clean(inspect(page, 'forms-options'))
    await page.locator('button[type=submit]').click()
    await gone(page)
    const { secret, proxy, headers, params, timeouts, models } = last(world, 'providers.add')
    assert.deepEqual({ secret, proxy, headers, params, timeouts, models }, {
      secret: 'sk-or-v1-first-1111\nsk-or-v1-second-2222', proxy: 'socks5h://127.0.0.1:1080', headers: { 'X-Team': 'a-secret-of-the-team' }, params: { 'options.seed': 7 },
      timeouts: { header_ms: 0, stream_header_ms: 0, idle_ms: 90500 }, models: ['openai/gpt-5-mini', 'openai/gpt-5'],
    })
    const shown = page.locator('[aria-current=true]')
    await shown.getByText('Keys: …1111 works, …2222 works').waitFor()
    await shown.getByText('Through socks5h://127.0.0.1:1080').waitFor()
    assert.equal(await page.getByText('a-secret-of-the-team').count(), 0)
  })
  await check('a stored key is taken out, and another used beside those that stay', async () => {
    const edit = page.locator('[aria-current=true]').getByRole('button', { name: 'Edit' })
    await edit.click()
    await button(page, 'Remove the key …1111').click()
    await becomes(() => button(page, 'Remove the key …2222').count(), 0, 'the last one stays')
    await page.getByLabel('New provider key').fill('sk-or-v1-third-3333')
    await page.getByLabel('Use it beside the keys above').check()
    await clean(inspect(page, 'forms-stored-keys'))
    await button(page, 'Save').click()
    await gone(page)
    assert.equal(last(world, 'providers.update').secret, '…2222\nsk-or-v1-third-3333')
    assert.equal(last(world, 'providers.update').headers, undefined)
  })
}

async function editing({ page, world }) {
  const edit = () => row(page, 'ch_2').getByRole('button', { name: 'Edit' }).click()
  await check('what is edited is sent, and nothing else; the key stays where none is pasted', async () => {
    await edit()
    assert.equal(await page.getByLabel('New provider key').inputValue(), '')
    await clean(inspect(page, 'forms-edit'))
    await page.getByLabel('Name', { exact: true }).fill('OpenAI, ours')
    await page.getByLabel('Name', { exact: true }).press('Enter')
    await gone(page)
    assert.deepEqual(last(world, 'providers.update'), { op: 'providers.update', id: 'ch_2', name: 'OpenAI, ours', no_test: true })
  })
  await check('a new key is tested before it replaces the old one', async () => {
    await edit()
    await page.getByLabel('New provider key').fill('sk-wrong')
    await button(page, 'Save').click()
    await page.getByText('The provider refused this key (401).').waitFor()
    assert.equal(await page.getByLabel('New provider key').inputValue(), 'sk-wrong')
    await page.getByLabel('New provider key').fill('sk-right')
    await button(page, 'Save').click()
    await gone(page)
    assert.deepEqual(last(world, 'providers.update'), { op: 'providers.update', id: 'ch_2', secret: 'sk-right', strict: true })
    await row(page, 'ch_2').getByText('works').waitFor()
  })
  await check('an error of Weir itself is said in the form, which keeps what was typed', async () => {
    world.errors = { 'providers.update': { kind: 'storage', message: 'The disk is full: the ledger cannot be written.' } }
    await edit()
    await page.getByLabel('Name', { exact: true }).fill('A name that is not lost')
    await button(page, 'Save').click()
    await page.getByRole('alert').filter({ hasText: 'The disk is full' }).waitFor()
    assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'A name that is not lost')
    world.errors = {}
    await button(page, 'Cancel').click()
    await gone(page)
  })
}

async function ordering({ page, world, standin }) {
  await check('providers are put in order by keyboard, and say which is tried first', async () => {
    world.providers = makeFormsWorld(30).providers
    standin.send('providers')
    await page.waitForFunction(() => document.querySelectorAll('ol > [data-row]').length === 3)
    const up = row(page, 'ch_2').getByRole('button', { name: /earlier$/ })
    await up.focus()
    await page.keyboard.press('Enter')
    await row(page, 'ch_2').getByText('Tried first', { exact: true }).waitFor()
    await becomes(() => order(page), ['ch_2', 'ch_1', 'ch_3'])
    assert.deepEqual(last(world, 'providers.update'), { op: 'providers.update', id: 'ch_2', priority: 1, no_test: true })
    await matches(() => focused(page), /earlier$/)
    await becomes(() => up.getAttribute('aria-disabled'), 'true')
    await clean(inspect(page, 'forms-order'))
  })
  await check('a provider is disabled and enabled by its switch, and duplicated', async () => {
    const toggle = row(page, 'ch_1').getByRole('switch', { name: 'Enabled' })
    await toggle.press('Space')
    await row(page, 'ch_1').getByText('disabled').waitFor()
    await toggle.press('Space')
    await row(page, 'ch_1').getByText('disabled').waitFor({ state: 'detached' })
    await choose(page, 'Anthropic', 'Duplicate')
    await row(page, 'ch_1_copy').getByRole('heading', { name: 'Copy of Anthropic' }).waitFor()
  })
}

async function removing({ page, world }) {
  await check('what depends on a provider is said before it is removed', async () => {
    await choose(page, 'Anthropic', 'Remove…')
    await page.getByText('No other provider lists these models: gpt-5, gpt-5-mini.').waitFor()
    assert.equal(await dialog(page).getByRole('link', { name: '1,412 calls' }).getAttribute('href'), '#/calls?channel=ch_1')
    await clean(inspect(page, 'forms-remove'))
    await page.keyboard.press('Escape')
    await gone(page)
    assert.equal(asked(world, 'providers.remove'), 0)
  })
  await check('a provider can be removed although nobody knows what depends on it', async () => {
    world.errors = { 'providers.uses': { kind: 'storage', message: 'The ledger cannot be read.' } }
    await choose(page, 'Copy of Anthropic', 'Remove…')
    await page.getByText('could not be found out: The ledger cannot be read.').waitFor()
    await button(page, 'Remove the provider').click()
    await gone(page)
    world.errors = {}
    await row(page, 'ch_1_copy').waitFor({ state: 'detached' })
  })
}

async function many({ page, world, standin, go }) {
  await check('fifty keys and thirty providers fit, whatever they are called and wherever they are shown', async () => {
    crowd(world)
    standin.send('keys')
    for (const [place, id] of [['keys', 'key_0'], ['providers', 'ch_0']]) {
      await go(place)
      await row(page, id).waitFor()
      for (const [name, size] of Object.entries(sizes)) {
        await page.setViewportSize(size)
        await clean(inspect(page, `forms-many-${place}-${name}`, { axe: name === 'wide' }))
      }
      await page.setViewportSize(sizes.wide)
      await becomes(() => page.evaluate(() => document.documentElement.scrollHeight - innerHeight), 0, 'only the page scrolls, not what is around it')
    }
  })
  await check('the row that an address names is scrolled to', async () => {
    await go('keys/key_40')
    await row(page, 'key_40').waitFor()
    await page.waitForFunction(() => {
      const { top, bottom } = document.querySelector('[data-row=key_40]').getBoundingClientRect()
      return top >= 0 && bottom <= innerHeight
    })
  })
}
