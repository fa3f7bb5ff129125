import { startCopying } from './copy.ts'
import { startTheme } from './theme.ts'

startTheme()
startCopying()
