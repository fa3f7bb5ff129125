import { startCopying } from './copy.js'
import { startTheme } from './theme.js'

startTheme()
startCopying()
