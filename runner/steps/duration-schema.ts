export { duration, durationMs } from '../record/duration-schema.ts'
