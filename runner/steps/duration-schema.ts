export { duration, durationMs } from '../base/duration-schema.ts'
