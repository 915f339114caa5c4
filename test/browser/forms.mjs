// Providers, keys and limits, and their forms, on a stand-in that remembers what it was asked.
import assert from 'node:assert/strict'
import { inspect, openPage, sizes } from './browser.mjs'
import { crowd, makeFormsWorld, refusal } from './forms-world.mjs'
import { becomes, check, matches } from './harness.mjs'
import { startStandin } from './standin.mjs'

const clean = async (found) => assert.deepEqual(await found, [])
const button = (page, name) => page.getByRole('button', { name, exact: true })
const row = (page, id) => page.locator(`[data-row="${id}"]`)
const dialog = (page) => page.getByRole('dialog')
const order = (page) => page.locator('ol > [data-row]').evaluateAll((rows) => rows.map((row) => row.dataset.row))
const last = (world, op) => world.asked.findLast((asked) => asked.op === op)
const asked = (world, op) => world.asked.filter((one) => one.op === op).length
const typing = (page, label) => page.getByLabel(label, { exact: true }).and(page.locator(':focus')).waitFor()
const gone = (page) => dialog(page).waitFor({ state: 'detached' })
const focused = (page) => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.labels?.[0]?.innerText ?? document.activeElement?.innerText)

async function choose(page, item, name) {
  await button(page, `More for ${item}`).click()
  await page.getByRole('menuitem', { name }).click()
}

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
    await budget(stage)
    await keyForms(stage)
    await secrets(stage)
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

async function budget({ page, world, go }) {
  await check('without a budget the account says so, and so does a key without a limit', async () => {
    world.keys = world.keys.map((key) => (key.id === 'key_1' ? { ...key, limits: [] } : key))
    await go('keys/key_2')
    await page.locator('[data-row=key_2][aria-current=true]').waitFor()
    await page.getByText('No budget set.').waitFor()
    await row(page, 'key_1').getByText('The account has no budget.').waitFor()
    assert.equal(await page.getByRole('region', { name: 'Account' }).getByRole('link', { name: '$71.24' }).getAttribute('href'), '#/calls?span=month')
    await clean(inspect(page, 'forms-keys'))
  })
  await check('a budget is an amount above zero, one for each unit and period', async () => {
    await button(page, 'Set a budget').click()
    await page.getByLabel('Amount').fill('0')
    await page.getByLabel('Amount').press('Enter')
    await page.getByText('An amount is a number above zero').waitFor()
    await becomes(() => focused(page), 'Amount')
    await page.getByLabel('Amount').fill('$12,345.67')
    await button(page, 'Add a limit').click()
    await page.getByLabel('Amount').nth(1).and(page.locator(':focus')).waitFor()
    await page.keyboard.type('1.5')
    await page.getByLabel('Unit').nth(1).click()
    await page.getByRole('option', { name: 'calls' }).click()
    await button(page, 'Save the limits').click()
    await page.getByText('Tokens and calls are counted whole').waitFor()
    await clean(inspect(page, 'forms-budget-wrong'))
    await page.getByLabel('Amount').nth(1).fill('400')
    await button(page, 'Save the limits').click()
    await gone(page)
    assert.deepEqual(last(world, 'account.limit').limits, ['12345.67usd/month', '400calls/day'])
  })
  await check("an unlimited key shows the account's quota as its own", async () => {
    await row(page, 'key_1').getByText("It has no limit of its own: tools that ask for its quota see the account's.").waitFor()
    await row(page, 'key_1').getByRole('progressbar', { name: '$0 of $12,345.67' }).waitFor()
    await clean(inspect(page, 'forms-budget'))
  })
}

async function keyForms({ page, world, standin }) {
  await check('a key is edited in its form, and does not expire in the past', async () => {
    await row(page, 'key_2').getByRole('button', { name: 'Edit' }).click()
    await page.getByLabel('Expires').fill('2020-01-01T00:00')
    await button(page, 'Save').click()
    await page.getByText('This time is over already.').waitFor()
    await becomes(() => focused(page), 'Expires')
    await clean(inspect(page, 'forms-key-edit'))
    await page.getByLabel('Expires').fill('')
    await button(page, 'Remove gpt-5.6-sol').click()
    await page.getByLabel('Only these models').first().fill('gpt-5, gpt-5-mini')
    await button(page, 'Save').click()
    await gone(page)
    const { op, id, name, models, expires, on_limit } = last(world, 'keys.update')
    assert.deepEqual({ op, id, name, models, expires, on_limit }, { op: 'keys.update', id: 'key_2', name: 'Codex', models: ['gpt-5', 'gpt-5-mini'], expires: null, on_limit: 'cut' })
    await row(page, 'key_2').getByText('only gpt-5, gpt-5-mini').waitFor()
  })
  await check('a key is made by keyboard alone, and its secret stays until its owner has it', async () => {
    await button(page, 'Add a key').focus()
    await page.keyboard.press('Enter')
    await dialog(page).locator('input:focus').waitFor()
    await page.keyboard.type('Gemini CLI')
    await page.keyboard.press('Enter')
    await dialog(page).getByText('This is the only time that the secret is shown.').waitFor()
    await page.keyboard.press('Escape')
    assert.equal(await dialog(page).count(), 1)
    await button(page, 'I have copied it').focus()
    await page.keyboard.press('Enter')
    await gone(page)
    assert.equal(asked(world, 'keys.add'), 1)
  })
  await check('a refusal by the ledger keeps the form as it is', async () => {
    const work = world.ops['keys.limit']
    world.ops['keys.limit'] = () => {
      throw refusal('invalid', 'limits', 'The limit “5usd/day” cannot be used.')
    }
    await row(page, 'key_4').getByRole('button', { name: 'Change limits' }).click()
    await page.getByLabel('Amount').fill('5')
    await button(page, 'Save the limits').click()
    await page.getByText('cannot be used').waitFor()
    assert.equal(await page.getByLabel('Amount').inputValue(), '5')
    world.ops['keys.limit'] = work
    await button(page, 'Cancel').click()
    await gone(page)
    standin.send('keys')
  })
}

async function secrets({ page, world, go }) {
  await check('a key is rotated with the time that its old secret has left', async () => {
    await choose(page, 'Codex', 'Rotate…')
    await page.getByLabel('In 7 days').check()
    await clean(inspect(page, 'forms-rotate'))
    await button(page, 'Rotate').click()
    await dialog(page).getByText('The old secret works until Nov 29, 2099').waitFor()
    assert.equal(last(world, 'keys.rotate').grace, '168h')
    await clean(inspect(page, 'forms-secret'))
    await button(page, 'I have copied it').click()
    await gone(page)
    await row(page, 'key_2').getByText('The old secret works until').waitFor()
    await choose(page, 'Codex', 'Rotate…')
    await page.getByLabel('At once').check()
    await button(page, 'Rotate').click()
    await dialog(page).getByText('sk-weir-cd34').first().waitFor()
    await becomes(() => dialog(page).getByText('The old secret works').count(), 0)
    await button(page, 'I have copied it').click()
    await gone(page)
  })
  await check('a revoked key is folded away with the others, and found by its address', async () => {
    await choose(page, 'opencode', 'Revoke…')
    await dialog(page).getByRole('button', { name: 'Revoke' }).click()
    await page.getByText('Revoked (2)').waitFor()
    await row(page, 'key_4').waitFor({ state: 'hidden' })
    await go('keys/key_4')
    await row(page, 'key_4').waitFor()
    await clean(inspect(page, 'forms-revoked'))
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
