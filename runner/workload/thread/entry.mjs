// A thread starts without the loader of TypeScript that the runner itself was started with.
import { register } from 'tsx/esm/api'

register()
await import('./thread.ts')
