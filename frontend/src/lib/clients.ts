// What is pasted into each client to point it at Weir. It is code, not sentences; the notes on it stand in the catalogue.

/** Where the relay is, which secret and which model are to stand in the lines. */
export interface Blanks {
  root: string // without /v1
  key: string
  model: string
}

/** Lines for one place: a file, the shell, or a program. */
export interface Block {
  place: 'file' | 'shell' | 'run' | 'code' | 'login'
  name: string // of the file, the shell, the language, the kind of provider that the login opens
  code: (blanks: Blanks) => string
}

export interface Client {
  id: string
  name: string
  blocks: Block[]
}

const json = (value: unknown) => JSON.stringify(value, null, 2)
const file = (name: string, code: Block['code']): Block => ({ place: 'file', name, code })
const shell = (vars: (b: Blanks) => [string, string][]): Block => ({ place: 'shell', name: 'bash, zsh', code: (b) => vars(b).map(([name, value]) => `export ${name}=${value}`).join('\n') })
const run = (code: Block['code']): Block => ({ place: 'run', name: '', code })
const login = (name: string, text: Block['code']): Block => ({ place: 'login', name, code: text })
const code = (name: string, text: Block['code']): Block => ({ place: 'code', name, code: text })

const openAI = ({ root, key }: Blanks): [string, string][] => [['OPENAI_BASE_URL', `${root}/v1`], ['OPENAI_API_KEY', key]]
const anthropic = ({ root, key }: Blanks): [string, string][] => [['ANTHROPIC_BASE_URL', root], ['ANTHROPIC_AUTH_TOKEN', key]]
const gemini = ({ root, key }: Blanks): [string, string][] => [['GOOGLE_GEMINI_BASE_URL', root], ['GEMINI_API_KEY', key]]
const lines = (vars: [string, string][], line: (name: string, value: string) => string) => vars.map(([name, value]) => line(name, value)).join('\n')
const both = (b: Blanks) => [...openAI(b), ...anthropic(b)]

/** The clients, those that people use most first. Claude Code and Codex can be connected by a button, too. */
export const clients: Client[] = [
  { id: 'claude', name: 'Claude Code', blocks: [
    file('~/.claude/settings.json', (b) => json({ env: Object.fromEntries(anthropic(b)) })),
    shell(anthropic),
    file('VS Code: settings.json', (b) => json({ 'claudeCode.environmentVariables': anthropic(b).map(([name, value]) => ({ name, value })) })),
    login('Claude subscription', ({ root, key }) => `export ANTHROPIC_BASE_URL=${root}\nexport ANTHROPIC_CUSTOM_HEADERS='x-weir-key: ${key}'`),
  ] },
  { id: 'codex', name: 'Codex', blocks: [
    file('~/.codex/config.toml', ({ root, key }) => `model_provider = "weir"\n\n[model_providers.weir]\nname = "Weir"\nbase_url = "${root}/v1"\nwire_api = "responses"\nexperimental_bearer_token = "${key}"`),
    login('ChatGPT subscription', ({ root, key }) => `model_provider = "weir"\n\n[model_providers.weir]\nname = "Weir"\nbase_url = "${root}/v1"\nwire_api = "responses"\nrequires_openai_auth = true\nhttp_headers = { "x-weir-key" = "${key}" }`),
  ] },
  { id: 'gemini', name: 'Gemini CLI', blocks: [
    file('~/.gemini/.env', (b) => lines(gemini(b), (name, value) => `${name}=${value}`)),
    file('~/.gemini/settings.json', () => json({ security: { auth: { selectedType: 'gemini-api-key' } } })),
  ] },
  { id: 'opencode', name: 'opencode', blocks: [
    file('~/.config/opencode/opencode.json', ({ root, key, model }) => json({ provider: { weir: { npm: '@ai-sdk/openai-compatible', name: 'Weir', options: { baseURL: `${root}/v1`, apiKey: key }, models: { [model]: {} } } } })),
    run(({ model }) => `opencode run -m weir/${model} "Hello"`),
  ] },
  { id: 'qwen', name: 'Qwen Code', blocks: [
    shell((b) => [...openAI(b), ['OPENAI_MODEL', b.model]]),
    run(() => 'qwen --auth-type openai'),
  ] },
  { id: 'continue', name: 'Continue', blocks: [
    file('~/.continue/models/weir.yaml', ({ root, key, model }) => `name: Weir\nversion: 1.0.0\nschema: v1\nmodels:\n  - name: ${model}\n    provider: openai\n    model: ${model}\n    apiBase: ${root}/v1\n    apiKey: ${key}\n    capabilities: [tool_use]\n    roles: [chat, edit, apply]`),
  ] },
  { id: 'cline', name: 'Cline', blocks: [
    run(({ root, key, model }) => `cline auth -p openai -k ${key} -m ${model} -b ${root}/v1`),
  ] },
  { id: 'zed', name: 'Zed', blocks: [
    file('~/.config/zed/settings.json', ({ root, model }) => json({ language_models: { openai_compatible: { Weir: { api_url: `${root}/v1`, available_models: [{ name: model, max_tokens: 200000, capabilities: { tools: true, images: true, parallel_tool_calls: true, prompt_cache_key: false } }] } } } })),
  ] },
  { id: 'aider', name: 'Aider', blocks: [
    shell(({ root, key }) => [['OPENAI_API_BASE', `${root}/v1`], ['OPENAI_API_KEY', key]]),
    run(({ model }) => `aider --model openai/${model}`),
  ] },
  { id: 'shell', name: 'Shell', blocks: [
    shell(both),
    { place: 'shell', name: 'fish', code: (b) => lines(both(b), (name, value) => `set -gx ${name} ${value}`) },
    { place: 'shell', name: 'PowerShell', code: (b) => lines(both(b), (name, value) => `$env:${name} = "${value}"`) },
    { place: 'shell', name: 'cmd', code: (b) => lines(both(b), (name, value) => `set ${name}=${value}`) },
  ] },
  { id: 'curl', name: 'curl', blocks: [
    run(({ root, key, model }) => `curl ${root}/v1/chat/completions \\\n  -H "Authorization: Bearer ${key}" \\\n  -H "Content-Type: application/json" \\\n  -d '{"model":"${model}","messages":[{"role":"user","content":"Hello"}]}'`),
  ] },
  { id: 'python', name: 'Python', blocks: [
    code('openai', ({ root, key, model }) => `from openai import OpenAI\n\nclient = OpenAI(base_url="${root}/v1", api_key="${key}")\nreply = client.chat.completions.create(\n    model="${model}",\n    messages=[{"role": "user", "content": "Hello"}],\n)\nprint(reply.choices[0].message.content)`),
    code('anthropic', ({ root, key, model }) => `from anthropic import Anthropic\n\nclient = Anthropic(base_url="${root}", auth_token="${key}")\nreply = client.messages.create(\n    model="${model}",\n    max_tokens=200,\n    messages=[{"role": "user", "content": "Hello"}],\n)\nprint(reply.content[0].text)`),
  ] },
  { id: 'typescript', name: 'TypeScript', blocks: [
    code('openai', ({ root, key, model }) => `import OpenAI from 'openai'\n\nconst client = new OpenAI({ baseURL: '${root}/v1', apiKey: '${key}' })\nconst reply = await client.chat.completions.create({\n  model: '${model}',\n  messages: [{ role: 'user', content: 'Hello' }],\n})\nconsole.log(reply.choices[0].message.content)`),
    code('@anthropic-ai/sdk', ({ root, key, model }) => `import Anthropic from '@anthropic-ai/sdk'\n\nconst client = new Anthropic({ baseURL: '${root}', authToken: '${key}' })\nconst reply = await client.messages.create({\n  model: '${model}',\n  max_tokens: 200,\n  messages: [{ role: 'user', content: 'Hello' }],\n})\nconsole.log(reply.content)`),
    code('@google/genai', ({ root, key, model }) => `import { GoogleGenAI } from '@google/genai'\n\nconst client = new GoogleGenAI({ apiKey: '${key}', httpOptions: { baseUrl: '${root}' } })\nconst reply = await client.models.generateContent({ model: '${model}', contents: 'Hello' })\nconsole.log(reply.text)`),
  ] },
]

/** Returns the lines for an assistant that Weir connects itself, by the name that it has there. */
export const copyOf = (tool: string): string => (tool === 'claude-code' ? 'claude' : tool)
