// What a newcomer does with the real program: log in, try the sandbox, add a key and a provider, read receipts.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { inspect, openPage, sizes } from './browser.mjs'
import { becomes, briefly, check, copies, eventually } from './harness.mjs'
import { callRelay, chat, messages, startWeir } from './weir.mjs'

const button = (page, name) => page.getByRole('button', { name, exact: true })
const rows = (page) => page.locator('[data-call]')
const choose = async (page, name, item) => {
  await button(page, `More for ${name}`).click()
  await page.getByRole('menuitem', { name: item }).click()
}
const clean = async (found) => assert.deepEqual(await found, [])

/** Reads an amount such as −$0.0036120 as pico-dollars. */
function pico(text) {
  const match = /^(−?)\$([\d,]+)(?:\.(\d+))?$/.exec(text.trim())
  assert.ok(match, `${text} is no amount`)
  const value = BigInt(match[2].replaceAll(',', '') + (match[3] ?? '').padEnd(12, '0'))
  return match[1] ? -value : value
}

/** Adds the lines of the open receipt and compares them with its total; returns the total. */
async function addUp(page) {
  const amounts = await page.locator('table tbody td:last-child').allInnerTexts()
  const total = await page.locator('[data-total]').innerText()
  assert.ok(amounts.length > 1, 'the receipt has lines')
  assert.equal(amounts.map(pico).reduce((sum, amount) => sum + amount, 0n), pico(total), `${amounts.join(' + ')} = ${total}`)
  assert.equal(pico(`$${await page.locator('[data-total]').getAttribute('data-total')}`), pico(total))
  return total
}

export async function drive(browser, binary, home) {
  let weir = await startWeir(binary, home)
  const { page, faults, close } = await openPage(browser, weir.console, { expected: /status of (4\d\d|502)|ERR_(CONNECTION_REFUSED|INCOMPLETE_CHUNKED_ENCODING|CONNECTION_RESET|EMPTY_RESPONSE)/ })
  try {
    await start(page, weir, browser)
    const secret = await addKeys(page, weir)
    await callsLive(page, weir, secret)
    await receipts(page, weir, secret)
    await providers(page)
    await keyLife(page, weir, secret)
    await sizesOfEveryPage(page)
    await themes(page)
    const ports = { port: new URL(weir.relay).port, consolePort: new URL(weir.console).port }
    await check('a server that stops is waited for; a new one asks for a new login', async () => {
      await weir.stop()
      await page.getByText('Reconnecting…').waitFor()
      await clean(inspect(page, 'offline'))
      weir = await startWeir(binary, home, ports)
      await page.getByRole('heading', { name: 'Log in to Weir' }).waitFor()
      await page.evaluate((link) => (location.href = link), weir.login_url)
      await page.getByRole('link', { name: 'Calls', exact: true }).click()
      await page.locator('[data-call]').first().waitFor()
    })
    await check('no error in the console, and no request to another origin', () => assert.deepEqual(faults, []))
  } finally {
    await close()
    await weir.stop()
  }
}

async function start(page, weir, browser) {
  await check('without a session the page says how to log in', async () => {
    await page.goto(weir.console)
    await page.getByRole('heading', { name: 'Log in to Weir' }).waitFor()
    await clean(inspect(page, 'login'))
  })
  await check('the login link opens the page and leaves no trace in the address', async () => {
    await page.goto(weir.login_url)
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    await becomes(() => page.url().includes('login'), false)
    await page.getByRole('link', { name: 'Calls', exact: true }).click()
    await page.getByRole('heading', { name: 'No calls yet' }).waitFor()
    await clean(inspect(page, 'first-run'))
  })
  await check('a login link works once', async () => {
    const other = await openPage(browser, weir.console, { expected: /status of 401/ })
    await other.page.goto(weir.login_url)
    await other.page.getByRole('heading', { name: 'Log in to Weir' }).waitFor()
    await other.close()
  })
  await check('the session outlives a reload', async () => {
    await page.reload()
    await page.getByRole('heading', { name: 'No calls yet' }).waitFor()
  })
  await check('one click makes a sandbox call and shows its receipt, which adds up', async () => {
    await button(page, 'Make a sandbox call').click()
    await page.getByRole('complementary', { name: 'Receipt' }).locator('[data-total]').waitFor()
    await page.waitForFunction(() => document.querySelectorAll('[data-call]').length === 1)
    await addUp(page)
    await page.getByText('Sandbox: not real money.').first().waitFor()
    await clean(inspect(page, 'first-receipt'))
  })
  await check('a key kept in a file is said openly, until somebody has read it', async () => {
    const notice = page.getByText('No keychain is used')
    await notice.waitFor()
    await button(page, 'Hide').click()
    await notice.waitFor({ state: 'detached' })
  })
  await check('the address of the relay is one click away', async () => {
    await copies(page, page.getByRole('button', { name: /^Running on 127/ }), new RegExp(`^${weir.relay.replaceAll('.', '\\.')}$`))
  })
}

async function addKeys(page, weir) {
  let secret = ''
  await page.getByRole('link', { name: 'Keys & limits' }).click()
  await check('a key cannot be added without a name, nor with half a limit', async () => {
    await button(page, 'Add a key').first().click()
    await page.getByLabel('Amount').fill('five')
    await button(page, 'Add the key').click()
    await page.getByText('Give the key a name.').waitFor()
    await page.getByText('An amount is a number above zero').waitFor()
    await clean(inspect(page, 'key-form-wrong'))
  })
  await check('a key with two limits is added, and its secret shown with lines to paste', async () => {
    await page.getByLabel('Name', { exact: true }).fill('Claude Code')
    await page.getByLabel('Amount').fill('5')
    await button(page, 'Add a limit').click()
    await page.getByLabel('Amount').nth(1).fill('3')
    await page.getByLabel('Unit').nth(1).click()
    await page.getByRole('option', { name: 'calls' }).click()
    await page.getByLabel('Period').nth(1).click()
    await page.getByRole('option', { name: 'in total' }).click()
    await button(page, 'Add the key').click()
    secret = await page.getByRole('figure', { name: 'Key', exact: true }).locator('pre').innerText()
    assert.match(secret, /^sk-weir-/)
    await eventually(async () => {
      const text = await page.getByRole('dialog').innerText()
      assert.ok(text.includes(`ANTHROPIC_BASE_URL=${weir.relay}\n`) && text.includes(`OPENAI_BASE_URL=${weir.relay}/v1\n`), text)
    })
    await page.getByText('Try it with curl').click()
    await clean(inspect(page, 'key-secret'))
  })
  await check('the secret goes away only when its owner says so, and then for good', async () => {
    for (let i = 0; i < 3; i++) await page.keyboard.press('Escape')
    await button(page, 'I have copied it').click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    assert.ok(!(await page.content()).includes(secret))
    await page.getByText('of $5 today').waitFor()
    await clean(inspect(page, 'keys'))
  })
  return secret
}

async function callsLive(page, weir, secret) {
  await page.getByRole('link', { name: 'Calls', exact: true }).click()
  await rows(page).first().waitFor()
  await check('a call through the relay appears by itself', async () => {
    const answer = await callRelay(weir.relay, secret, ...chat())
    assert.equal(answer.status, 200, answer.text)
    await page.waitForFunction(() => document.querySelectorAll('[data-call]').length === 2)
    await page.locator('[data-call]', { hasText: 'sandbox/gpt-5' }).getByText('$').first().waitFor()
  })
  await check('while a receipt is read, new calls wait', async () => {
    await rows(page).first().click()
    await page.locator('[data-total]').waitFor()
    const answer = await callRelay(weir.relay, secret, ...messages({ stream: true }))
    assert.equal(answer.status, 200, answer.text)
    await button(page, '1 new').waitFor()
    assert.equal(await rows(page).count(), 2)
    await clean(inspect(page, 'calls-waiting'))
    await button(page, '1 new').click()
    await page.waitForFunction(() => document.querySelectorAll('[data-call]').length === 3)
  })
}

async function receipts(page, weir, secret) {
  await check('a sandbox call that was asked for is shown, although a receipt is open', async () => {
    await button(page, 'Make a sandbox call').click()
    await page.locator('[data-call][aria-selected=true]', { hasText: 'Weir' }).waitFor()
    await page.waitForFunction(() => document.querySelectorAll('[data-call]').length === 4)
  })
  await check('the list leaves as a file with every call', async () => {
    const [file] = await Promise.all([page.waitForEvent('download'), button(page, 'Export').click().then(() => page.getByRole('menuitem', { name: /^JSON/ }).click())])
    const calls = JSON.parse(await readFile(await file.path(), 'utf8'))
    assert.match(file.suggestedFilename(), /^weir-calls-\d{4}-\d\d-\d\d\.json$/)
    assert.deepEqual(calls.map((call) => call.id), await page.locator('[data-call]').evaluateAll((rows) => rows.map((row) => row.dataset.call)))
  })
  await check('every receipt adds up', async () => {
    for (let i = 0; i < 4; i++) {
      await rows(page).nth(i).click()
      await page.waitForFunction((at) => document.querySelectorAll('[data-call]')[at].getAttribute('aria-selected') === 'true', i)
      await page.getByRole('complementary', { name: 'Receipt' }).getByText(await rows(page).nth(i).getAttribute('data-call')).first().waitFor()
      await addUp(page)
    }
  })
  await check('the receipt shows the raw usage and copies itself as text', async () => {
    await page.getByText('Raw usage').click()
    await page.getByRole('region', { name: 'Raw usage' }).getByText('input_tokens').first().waitFor()
    await page.getByText('1 attempt').click()
    await clean(inspect(page, 'receipt-open'))
    const total = await page.locator('[data-total]').innerText()
    await copies(page, button(page, 'Copy as text'), new RegExp(`Total .*${total.replace(/[$.]/g, '\\$&')}`))
  })
  await check('the keys move through the list, and Escape closes the receipt', async () => {
    await rows(page).first().click()
    await page.keyboard.press('ArrowDown')
    await page.waitForFunction(() => document.activeElement === document.querySelectorAll('[data-call]')[1])
    await becomes(() => rows(page).nth(1).getAttribute('aria-selected'), 'true')
    await page.keyboard.press('Escape')
    await page.getByRole('complementary', { name: 'Receipt' }).waitFor({ state: 'detached' })
    await page.keyboard.press('Enter')
    await page.getByRole('complementary', { name: 'Receipt' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('complementary', { name: 'Receipt' }).waitFor({ state: 'detached' })
  })
  await check('a refused call is in the list as what it was, with the sentence that the client got', async () => {
    await callRelay(weir.relay, secret, ...chat())
    const answer = await callRelay(weir.relay, secret, ...chat())
    assert.equal(answer.status, 402, answer.text)
    const refused = rows(page).filter({ hasText: 'refused' })
    await refused.first().click()
    const sentence = JSON.parse(answer.text).error.message
    await page.getByRole('complementary', { name: 'Receipt' }).getByText(sentence).first().waitFor()
    await clean(inspect(page, 'receipt-refused'))
    await page.keyboard.press('Escape')
    await page.getByRole('complementary', { name: 'Receipt' }).waitFor({ state: 'detached' })
  })
}

async function providers(page) {
  await page.getByRole('link', { name: 'Providers' }).click()
  await page.getByText('Weir has no provider yet').waitFor()
  await clean(inspect(page, 'providers-empty'))
  await check('a key is recognised by how it begins', async () => {
    await button(page, 'Add a provider').first().click()
    await page.getByLabel('Paste a provider key').fill('sk-ant-xyz')
    await page.getByText('This is a key of Anthropic.').waitFor()
    await page.getByRole('radio', { name: /^OpenAI api\.openai/ }).check()
    await page.getByText('This looks like a key of Anthropic, not of').waitFor()
    await button(page, 'Use Anthropic').click()
    await becomes(() => page.getByRole('radio', { name: /^Anthropic api\./ }).isChecked(), true)
    await becomes(() => page.getByLabel('Name', { exact: true }).inputValue(), 'Anthropic')
  })
  await check('a bad base URL is answered by its field', async () => {
    await page.getByLabel('Paste a provider key').fill('')
    await page.getByRole('radio', { name: /^OpenAI-compatible/ }).check()
    await page.getByLabel('Name', { exact: true }).fill('The box in the cellar')
    await page.getByLabel('Base URL').fill('the box')
    await button(page, 'Add').click()
    const message = page.getByRole('alert').filter({ hasText: 'https://' })
    await message.waitFor()
    await becomes(() => page.getByLabel('Base URL').getAttribute('aria-invalid'), 'true')
    await becomes(() => page.getByLabel('Base URL').getAttribute('aria-describedby'), await message.getAttribute('id'))
    await page.getByText('Advanced').click()
    await clean(inspect(page, 'provider-form-wrong'))
  })
  await check('a provider that cannot be reached is saved only when somebody says so', async () => {
    await page.getByLabel('Base URL').fill('http://127.0.0.1:9/v1')
    await button(page, 'Add a name').click()
    await page.getByLabel('Name 1 that clients say').fill('fast')
    await page.getByLabel('Name 1 at the provider').fill('gpt-5-mini')
    await button(page, 'Add').click()
    await page.getByText('Nothing is saved yet.').waitFor()
    await becomes(() => page.getByLabel('Base URL').getAttribute('aria-invalid'), 'true')
    await button(page, 'Save anyway').click()
    await page.getByText('not tested', { exact: true }).waitFor()
    await page.getByText('Renamed: fast → gpt-5-mini').waitFor()
    await clean(inspect(page, 'providers'))
  })
  await check('a provider is tested, disabled, enabled, edited, duplicated and removed', async () => {
    const enabled = page.getByRole('switch', { name: 'Enabled' })
    await enabled.click()
    await page.getByText('disabled', { exact: true }).waitFor()
    await enabled.click()
    await page.getByText('disabled', { exact: true }).waitFor({ state: 'detached' })
    await button(page, 'Test').click()
    await page.getByText('unreachable', { exact: true }).waitFor()
    await button(page, 'Edit').click()
    await page.getByLabel('Models', { exact: true }).fill('gpt-5-mini, gpt-5')
    await button(page, 'Save').click()
    await page.getByText('Models: gpt-5-mini, gpt-5').waitFor()
    await choose(page, 'The box in the cellar', 'Duplicate')
    const copy = page.locator(`[data-row="${await page.locator('[data-row]', { hasText: 'disabled' }).getAttribute('data-row')}"]`)
    await copy.getByRole('switch').click()
    await copy.getByText('disabled', { exact: true }).waitFor({ state: 'detached' })
    await copy.getByRole('button', { name: /earlier$/ }).click()
    await copy.getByText('Tried first', { exact: true }).waitFor()
    await page.locator('[data-row]').first().getByRole('button', { name: /^More/ }).click()
    await page.getByRole('menuitem', { name: 'Remove…' }).click()
    await page.getByText('No call has gone through it.').waitFor()
    await button(page, 'Remove the provider').click()
    await page.waitForFunction(() => document.querySelectorAll('[data-row]').length === 1)
    await choose(page, 'The box in the cellar', 'Remove…')
    await page.getByText('No other provider lists these models').waitFor()
    await clean(inspect(page, 'provider-remove'))
    await button(page, 'Cancel').click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await choose(page, 'The box in the cellar', 'Remove…')
    await button(page, 'Remove the provider').click()
    await page.getByText('Weir has no provider yet').waitFor()
  })
}

async function keyLife(page, weir, secret) {
  await page.getByRole('link', { name: 'Keys & limits' }).click()
  await check('limits show what is spent, and can be changed', async () => {
    await page.getByText('3 of 3 calls in total').waitFor()
    await clean(inspect(page, 'keys-used'))
    await button(page, 'Change limits').click()
    await button(page, 'Remove limit 2').click()
    await page.getByLabel('Amount').fill('7.5')
    await button(page, 'Save the limits').click()
    await page.getByText('of $7.50 today').waitFor()
  })
  await check('a paused key is refused until it is resumed', async () => {
    await button(page, 'Pause').click()
    await page.getByText('paused', { exact: true }).waitFor()
    assert.equal((await callRelay(weir.relay, secret, ...chat())).status, 401)
    await button(page, 'Resume').click()
    await page.getByText('active', { exact: true }).waitFor()
    assert.equal((await callRelay(weir.relay, secret, ...chat())).status, 200)
  })
  await check('the account gets a budget, and a key another name', async () => {
    await button(page, 'Set a budget').click()
    await page.getByLabel('Amount').fill('120')
    await page.getByLabel('Amount').press('Enter')
    await page.getByText('of $120 this month').waitFor()
    await button(page, 'Edit').click()
    await page.getByLabel('Name', { exact: true }).fill('Claude Code, mine')
    await page.getByLabel('Name', { exact: true }).press('Enter')
    await page.getByRole('heading', { name: 'Claude Code, mine' }).waitFor()
  })
  await check('a key is rotated, and then revoked, both after a question', async () => {
    await choose(page, 'Claude Code, mine', 'Rotate…')
    await page.getByLabel('In 1 hour').check()
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click()
    await page.getByRole('dialog').getByText('The old secret works until').waitFor()
    const next = await page.getByRole('figure', { name: 'Key', exact: true }).locator('pre').innerText()
    assert.notEqual(next, secret)
    await button(page, 'I have copied it').click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    for (const works of [next, secret]) assert.equal((await callRelay(weir.relay, works, ...chat())).status, 200)
    await choose(page, 'Claude Code, mine', 'Revoke…')
    await clean(inspect(page, 'key-revoke'))
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await page.getByText('Revoked (1)').click()
    await page.getByText('revoked', { exact: true }).waitFor()
    assert.equal((await callRelay(weir.relay, next, ...chat())).status, 401)
  })
}

async function sizesOfEveryPage(page) {
  for (const [name, size] of Object.entries(sizes)) {
    await check(`every page fits into ${size.width}×${size.height}`, async () => {
      await page.setViewportSize(size)
      for (const [place, link] of [['overview', 'Overview'], ['calls', 'Calls'], ['providers', 'Providers'], ['keys', 'Keys & limits'], ['connect', 'Connect'], ['settings', 'Settings']]) {
        await page.getByRole('link', { name: link, exact: true }).click()
        await page.getByRole('heading', { name: link, exact: true }).waitFor()
        await clean(inspect(page, `${name}-${place}`, { axe: name === 'zoomed' }))
      }
    })
  }
  await page.setViewportSize(sizes.wide)
}

async function themes(page) {
  await check('the theme follows the system until somebody chooses one, and stays chosen', async () => {
    const theme = () => page.evaluate(() => document.documentElement.dataset.theme)
    await page.emulateMedia({ colorScheme: 'dark' })
    await becomes(theme, 'dark')
    await page.getByRole('link', { name: 'Settings' }).click()
    await briefly(page.locator('main'), 'Saved', () => page.getByRole('radio', { name: 'Light' }).click())
    await becomes(theme, 'light')
    await page.reload()
    await page.getByRole('heading', { name: 'Settings' }).waitFor()
    await becomes(theme, 'light')
    await briefly(page.locator('main'), 'Saved', () => page.getByRole('radio', { name: 'Auto' }).click())
    await becomes(theme, 'dark')
  })
}
