import type { PageData, PageSpan } from '../page-data.ts'
import { type TimeView, timeText } from './time-view.ts'

/** Something that the timeline can be zoomed to. */
interface PageMoment extends PageSpan {
  group: 'steps' | 'faults' | 'failovers'
}

/** Everything that the time axis can be moved to by name. */
export function momentsOf(data: PageData): PageMoment[] {
  return [
    ...data.steps.map((step) => momentOf('steps', { ...step, name: `${step.path} ${step.name}` })),
    ...data.faults.map((fault) => momentOf('faults', fault)),
    ...data.failovers.flatMap((failover) => [
      momentOf('failovers', failover),
      ...failover.phases.map((phase) => momentOf('failovers', { ...phase, name: `${failover.name}: ${phase.name}` })),
    ]),
  ]
}

function momentOf(group: PageMoment['group'], { name, startMs, endMs }: PageSpan): PageMoment {
  return { group, name, startMs, endMs }
}

/** Buttons, and the list of moments to go to. */
export function startControls(data: PageData, view: TimeView): void {
  const moments = momentsOf(data)
  const actions: Record<string, () => void> = {
    in: () => view.zoom(0.5),
    out: () => view.zoom(2),
    back: () => view.pan(-0.5),
    on: () => view.pan(0.5),
    whole: () => view.whole(),
  }
  for (const button of document.querySelectorAll('button[data-move]')) {
    button.addEventListener('click', () => actions[button.getAttribute('data-move') ?? '']?.())
  }
  for (const select of document.querySelectorAll('select.moments')) {
    if (select instanceof HTMLSelectElement) fillMoments(select, moments, view)
  }
  for (const button of document.querySelectorAll('button[data-from]')) {
    button.addEventListener('click', () => {
      const [startMs, endMs] = [Number(button.getAttribute('data-from')), Number(button.getAttribute('data-to'))]
      view.showMoment({ startMs, endMs })
      document.querySelector('#timeline')?.scrollIntoView({ block: 'start' })
    })
  }
  const spans = [...document.querySelectorAll('.controls .span')]
  const tell = () => {
    const text = view.isWhole ? 'the whole run' : `${timeText(view.min)} to ${timeText(view.max)}`
    for (const span of spans) span.textContent = text
  }
  view.onChange(tell)
  tell()
}

function fillMoments(select: HTMLSelectElement, moments: PageMoment[], view: TimeView): void {
  for (const group of new Set(moments.map((moment) => moment.group))) {
    const options = document.createElement('optgroup')
    options.label = group
    moments.forEach((moment, place) => {
      if (moment.group === group) options.append(new Option(moment.name, String(place)))
    })
    select.append(options)
  }
  select.addEventListener('change', () => {
    const moment = moments[Number(select.value)]
    if (select.value === '') view.whole()
    else if (moment) view.showMoment(moment)
  })
}
