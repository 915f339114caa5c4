// What every page says above itself when something is not as usual, the gravest first.
import { t } from '../i18n'
import type { Status } from '../types.gen'

export type NoticeID = 'offline' | 'unhealthy' | 'door' | 'paused' | 'locked' | 'moved' | 'sandbox' | 'file'
export type Verb = 'resume' | 'reopen' | 'other_port' | 'hide'

export interface Notice {
  id: NoticeID
  tone: 'quiet' | 'plain' | 'warn' | 'bad'
  title: string
  text: string
  verbs: Verb[]
}

type Rule = (status: Status) => Notice | null

const rules: Rule[] = [
  (s) => (s.healthy ? null : notice('unhealthy', 'bad', s.message)),
  (s) => (s.door.open ? null : { ...notice('door', 'bad', closed(s)), verbs: ['reopen', 'other_port'] }),
  (s) => (s.paused ? { ...notice('paused', 'warn', null), verbs: ['resume'] } : null),
  (s) => (s.secrets.locked ? notice('locked', 'warn', s.secrets.message) : null),
  (s) => (s.door.open && s.door.message ? { ...notice('moved', 'plain', s.door.message), verbs: ['hide'] } : null),
  sandbox,
  (s) => (s.secrets.kept_in === 'file' && !s.secrets.locked ? { ...notice('file', 'quiet', null), verbs: ['hide'] } : null),
]

/** Lists what there is to say. Without a connection the rest is not known any more, but for figures that are still shown. */
export function noticesOf(status: Status | null, offline: boolean, hidden: ReadonlySet<NoticeID>): Notice[] {
  const said = offline ? [notice('offline', 'warn', null), status && sandbox(status)] : status ? rules.map((rule) => rule(status)) : []
  return said.filter((one) => one !== null).filter((one) => !hidden.has(one.id))
}

function sandbox(s: Status): Notice | null {
  return s.simulated_only && s.has_calls ? notice('sandbox', 'plain', null) : null
}

function notice(id: NoticeID, tone: Notice['tone'], text: string | null): Notice {
  return { id, tone, title: t(`notice.${id}`), text: text ?? t(`notice.${id}.text`), verbs: [] }
}

function closed({ door }: Status): string | null {
  if (door.message || !door.holder) return door.message
  return t('notice.door.held', { port: door.port, holder: door.holder })
}
