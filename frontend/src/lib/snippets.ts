// Lines to paste elsewhere. They are code, not sentences.

export function curlOpenAI(relay: string, key: string): string {
  return `curl ${relay}/v1/chat/completions \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '{"model":"sandbox/gpt-5","messages":[{"role":"user","content":"Hello"}]}'`
}

export function curlAnthropic(relay: string, key: string): string {
  return `curl ${relay}/v1/messages \\
  -H "x-api-key: ${key}" \\
  -H "anthropic-version: 2023-06-01" \\
  -H "Content-Type: application/json" \\
  -d '{"model":"sandbox/claude-sonnet-4-6","max_tokens":200,"messages":[{"role":"user","content":"Hello"}]}'`
}

/** Claude Code adds /v1 by itself. */
export function claudeCode(relay: string, key: string): string {
  return `export ANTHROPIC_BASE_URL=${relay}\nexport ANTHROPIC_AUTH_TOKEN=${key}`
}

export function openAISDK(relay: string, key: string): string {
  return `export OPENAI_BASE_URL=${relay}/v1\nexport OPENAI_API_KEY=${key}`
}
