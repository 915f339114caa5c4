// The catalogue of sentences. Components hold none of their own; i18n.go reads the same files for Go.
import balance from './en/balance.json'
import cache from './en/cache.json'
import calls from './en/calls.json'
import common from './en/common.json'
import connect from './en/connect.json'
import exports from './en/exports.json'
import keys from './en/keys.json'
import overview from './en/overview.json'
import prices from './en/prices.json'
import providers from './en/providers.json'
import reprice from './en/reprice.json'
import settings from './en/settings.json'

/** Every sentence of the page, by its key. */
export const en = { ...common, ...overview, ...calls, ...providers, ...keys, ...connect, ...settings, ...prices, ...cache, ...reprice, ...balance, ...exports }

export type Sentence = keyof typeof en
export type Values = Record<string, string | number>

type Plural<K> = K extends `${infer Stem}.other` ? Stem : never

const rules = new Intl.PluralRules('en')

/** Returns a sentence with its {placeholders} filled in. */
export function t(key: Sentence, values: Values = {}): string {
  return en[key].replace(/\{(\w+)\}/g, (all, name: string) => String(values[name] ?? all))
}

/** Returns the form of a sentence that fits a number: its keys end in .one and .other. */
export function plural(stem: Plural<Sentence>, n: number, values: Values = {}): string {
  const form = `${stem}.${rules.select(n)}` as Sentence
  return t(form in en ? form : (`${stem}.other` as Sentence), { n, ...values })
}

/** Returns a sentence whose key is put together at run time, or the fallback where there is none. */
export function maybe(key: string, fallback: string): string {
  return key in en ? en[key as Sentence] : fallback
}
