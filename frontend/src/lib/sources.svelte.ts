// The keys and providers that calls name, for people to read and to choose from.
import { api } from '../api'
import type { Call, Key, Provider } from '../types.gen'
import { connection } from './connection.svelte'

export class Sources {
  keys = $state.raw<Key[]>([])
  providers = $state.raw<Provider[]>([])

  /** Fetches both, now and whenever they change, until the returned function is called. Without them the list shows ids. */
  follow(): () => void {
    if (connection.state === 'ready') this.load()
    return connection.listen(({ event }) => {
      if (event === 'opened' || event === 'keys') void this.loadKeys()
      if (event === 'opened' || event === 'providers') void this.loadProviders()
    })
  }

  /** The name that a provider has here; undefined for one that was removed. */
  provider(id: string | null): string | undefined {
    return this.providers.find((provider) => provider.id === id)?.name
  }

  /** Who answered a call: the name of the provider, or its kind where it was removed since. */
  answeredBy(call: Call): string {
    return this.provider(call.channel_id) ?? call.provider ?? ''
  }

  private load(): void {
    void this.loadKeys()
    void this.loadProviders()
  }

  private async loadKeys(): Promise<void> {
    this.keys = await api.keys.list().catch(() => this.keys)
  }

  private async loadProviders(): Promise<void> {
    this.providers = await api.providers.list().catch(() => this.providers)
  }
}
