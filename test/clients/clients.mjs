// The assistants: where each is installed, how it is pointed at Weir, and how it is run for one prompt.
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { arch } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = join(dirname(fileURLToPath(import.meta.url)), 'install')
const node = join(folder, 'node', 'node_modules', `node-linux-${arch()}`, 'bin', 'node')

/** A program of an installed package, and what it is started with. */
const script = (id, path) => [node, join(folder, id, 'node_modules', path)]
const native = (id, path) => [join(folder, id, 'node_modules', path)]

/** The file of a client's package.json says which version is installed. */
const version = (id) => Object.values(JSON.parse(readFileSync(join(folder, id, 'package.json'))).dependencies)[0]

const models = { chat: 'gpt-4.1', responses: 'gpt-5', messages: 'claude-sonnet-4-6', gemini: 'gemini-2.5-pro' }

async function write(home, path, text) {
  const file = join(home, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, typeof text === 'string' ? text : JSON.stringify(text, null, 2))
}

const codex = (name, more) => ({
  id: 'codex',
  name,
  program: script('codex', '@openai/codex/bin/codex.js'),
  args: (prompt) => ['exec', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', prompt],
  dialect: 'responses',
  headers: ['session-id', 'thread-id', 'x-codex-turn-metadata', 'originator', 'user-agent'],
  refusal: 429,
  says: 'Quota exceeded. Check your plan and billing details.', // its own words, whatever we say
  ...more,
})

/** opencode speaks as many dialects as the packages of the AI SDK that it is told to use. */
const opencode = (sdk, dialect, model, base, headers) => ({
  id: 'opencode',
  name: `opencode, ${sdk}`,
  program: native('opencode', `opencode-linux-${arch() === 'x64' ? 'x64-baseline' : arch()}/bin/opencode`),
  args: (prompt) => ['run', '--auto', '-m', `weir/${model}`, prompt],
  dialect,
  headers: ['user-agent', 'x-session-id', ...headers],
  aside: true, // it asks for a title first
  setUp: (home, url, key) =>
    write(home, '.config/opencode/opencode.json', {
      autoupdate: false,
      provider: {
        weir: { npm: sdk, name: 'Weir', options: { baseURL: url + base, apiKey: key }, models: { [model]: { limit: { context: 200_000, output: 8_000 } } } },
      },
    }),
})

/** Continue speaks Responses where a model's name is one of OpenAI's that reason. */
const continueCLI = (name, model, dialect) => ({
  id: 'continue',
  name,
  program: script('continue', '@continuedev/cli/dist/cn.js'),
  args: (prompt, home) => ['--config', join(home, 'config.yaml'), '--auto', '-p', prompt],
  setUp: (home, url, key) =>
    write(home, 'config.yaml', `name: Weir\nversion: 1.0.0\nschema: v1\nmodels:\n  - name: ${model}\n    provider: openai\n    model: ${model}\n` +
      `    apiBase: ${url}/v1\n    apiKey: ${key}\n    roles: [chat]\n    capabilities: [tool_use]\n`),
  dialect,
  headers: ['user-agent', 'x-stainless-lang'],
})

const list = [
  {
    id: 'claude-code',
    name: 'Claude Code',
    program: script('claude-code', '@anthropic-ai/claude-code/cli-wrapper.cjs'),
    args: (prompt) => ['-p', prompt, '--allowedTools', 'Bash', '--model', models.messages],
    env: (url, key) => ({ ANTHROPIC_BASE_URL: url, ANTHROPIC_AUTH_TOKEN: key, CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1' }),
    dialect: 'anthropic',
    headers: ['anthropic-beta', 'anthropic-version', 'x-app', 'user-agent', 'x-stainless-lang', 'x-claude-code-session-id'],
  },
  codex('Codex, a provider of its own', {
    setUp: (home, url) =>
      write(home, '.codex/config.toml', `model = "${models.responses}"\nmodel_provider = "weir"\n\n[model_providers.weir]\nname = "Weir"\n` +
        `base_url = "${url}/v1"\nenv_key = "WEIR_KEY"\nwire_api = "responses"\n`),
    env: (url, key) => ({ WEIR_KEY: key }),
  }),
  codex('Codex, the built-in provider', {
    setUp: (home, url) => write(home, '.codex/config.toml', `model = "${models.responses}"\nopenai_base_url = "${url}/v1"\nforced_login_method = "api"\n`),
    before: (key) => ({ args: ['login', '--with-api-key'], stdin: key }),
    upgrades: true,
  }),
  {
    id: 'gemini-cli',
    name: 'Gemini CLI',
    program: script('gemini-cli', '@google/gemini-cli/bundle/gemini.js'),
    args: (prompt) => ['-m', models.gemini, '--yolo', '--skip-trust', '-p', prompt],
    setUp: (home) => write(home, '.gemini/settings.json', { security: { auth: { selectedType: 'gemini-api-key' } } }),
    env: (url, key) => ({ GEMINI_API_KEY: key, GOOGLE_GEMINI_BASE_URL: url }),
    dialect: 'gemini',
    headers: ['user-agent', 'x-goog-api-client'],
  },
  opencode('@ai-sdk/openai-compatible', 'openai-chat', models.chat, '/v1', []),
  opencode('@ai-sdk/openai', 'responses', models.responses, '/v1', []),
  opencode('@ai-sdk/anthropic', 'anthropic', models.messages, '/v1', ['anthropic-version']),
  opencode('@ai-sdk/google', 'gemini', models.gemini, '/v1beta', []),
  {
    id: 'qwen-code',
    name: 'Qwen Code',
    program: script('qwen-code', '@qwen-code/qwen-code/cli-entry.js'),
    args: (prompt) => ['--auth-type', 'openai', '--yolo', '-p', prompt],
    // In its terminal of its own it loses what a command prints that ends at once, one time in two.
    setUp: (home) => write(home, '.qwen/settings.json', { tools: { shell: { enableInteractiveShell: false } } }),
    env: (url, key) => ({ OPENAI_API_KEY: key, OPENAI_BASE_URL: `${url}/v1`, OPENAI_MODEL: models.chat }),
    dialect: 'openai-chat',
    headers: ['user-agent', 'x-stainless-lang'],
  },
  continueCLI('Continue CLI', models.chat, 'openai-chat'),
  continueCLI('Continue CLI, a model of GPT-5', models.responses, 'responses'),
  {
    id: 'cline',
    name: 'Cline CLI',
    program: script('cline', 'cline/bin/cline'),
    args: (prompt) => ['-P', 'openai', '-m', models.chat, '--auto-approve', 'true', '-t', '60', prompt],
    before: (key, url) => ({ args: ['auth', '-p', 'openai', '-k', key, '-m', models.chat, '-b', `${url}/v1`] }),
    dialect: 'openai-chat',
    headers: ['user-agent'],
  },
]

/** Everything that is tried. */
export const clients = list.map((client) => ({ ...client, version: version(client.id), installed: client.program.every(existsSync) }))
