// Keys, their limits and the account's budget, and their forms.
import assert from 'node:assert/strict'
import { inspect } from './browser.mjs'
import { asked, button, choose, clean, dialog, focused, gone, last, row } from './forms-parts.mjs'
import { refusal } from './forms-world.mjs'
import { becomes, check } from './harness.mjs'

export async function fillKeys(stage) {
  await budget(stage)
  await keyForms(stage)
  await secrets(stage)
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
