import type { PageData } from '../page-data.ts'
import { startControls } from './controls.ts'
import { startCopying } from './copy.ts'
import { startLogs } from './logs.ts'
import { Shown } from './shown.ts'
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
  const shown = new Shown(data)
  startTimeline(shown, view)
  startControls(shown, view)
  startLogs(shown, view)
  startViews(shown)
}
