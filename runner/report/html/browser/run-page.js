import { startControls } from './controls.js'
import { startCopying } from './copy.js'
import { startLogs } from './logs.js'
import { startTheme } from './theme.js'
import { TimeView } from './time-view.js'
import { startTimeline } from './timeline.js'
import { startViews } from './views.js'

startTheme()
startCopying()
const element = document.querySelector('#data')
if (element) {
  /** @type {PageData} */
  const data = JSON.parse(element.textContent ?? '')
  const view = new TimeView(data.endMs)
  startTimeline(data, view)
  startControls(data, view)
  startLogs(data, view)
  startViews(data)
}
