import type { PageData } from '../page-data.ts'
import { startControls } from './controls.ts'
import { startCopying } from './copy.ts'
import { startLogs } from './logs.ts'
import { startTheme } from './theme.ts'
import { TimeView } from './time-view.ts'
import { startTimeline } from './timeline.ts'
import { startViews } from './views.ts'

startTheme()
startCopying()
const element = document.querySelector('#data')
if (element) {
  const data: PageData = JSON.parse(element.textContent ?? '')
  const view = new TimeView(data.endMs)
  startTimeline(data, view)
  startControls(data, view)
  startLogs(data, view)
  startViews(data)
}
