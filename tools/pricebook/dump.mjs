// Writes the price data of the installed package to stdout as JSON, for the
// providers named on the command line.
import { findProvider } from '@pydantic/genai-prices'

const wanted = process.argv.slice(2)
const providers = wanted.map((providerId) => {
	const p = findProvider({ providerId })
	if (!p) throw new Error(`no provider ${providerId}`)
	return { id: p.id, urls: p.pricing_urls ?? [], models: p.models }
})
process.stdout.write(JSON.stringify(providers))
