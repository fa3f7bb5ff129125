import type { PageData, PageSpan } from '../page-data.ts'
import type { Shown } from './shown.ts'
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

/** Buttons, and the list of moments to go to. Rows that come later have buttons too. */
export function startControls(shown: Shown, view: TimeView): void {
  const actions: Record<string, () => void> = {
    in: () => view.zoom(0.5),
    out: () => view.zoom(2),
    back: () => view.pan(-0.5),
    on: () => view.pan(0.5),
    whole: () => view.whole(),
  }
  document.addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest('button') : null
    actions[button?.getAttribute('data-move') ?? '']?.()
    if (!button?.hasAttribute('data-from')) return
    const [startMs, endMs] = [Number(button.getAttribute('data-from')), Number(button.getAttribute('data-to'))]
    view.showMoment({ startMs, endMs })
    document.querySelector('#timeline')?.scrollIntoView({ block: 'start' })
  })
  document.addEventListener('change', ({ target }) => {
    if (!(target instanceof HTMLSelectElement && target.classList.contains('moments'))) return
    const moment = momentsOf(shown.data)[Number(target.value)]
    if (target.value === '') view.whole()
    else if (moment) view.showMoment(moment)
  })
  const fill = () => {
    for (const select of document.querySelectorAll('select.moments')) {
      if (select instanceof HTMLSelectElement) fillMoments(select, momentsOf(shown.data))
    }
  }
  const tell = () => {
    const text = view.isWhole ? 'the whole run' : `${timeText(view.min)} to ${timeText(view.max)}`
    for (const span of document.querySelectorAll('.controls .span')) {
      if (span.textContent !== text) span.textContent = text
    }
  }
  view.onChange(tell)
  shown.onChange(tell)
  shown.onChange(fill)
  tell()
  fill()
}

/** Adds the moments that the list lacks. Those that are in it stay: somebody may be choosing. */
function fillMoments(select: HTMLSelectElement, moments: readonly PageMoment[]): void {
  const names = moments.map(({ group, name }) => `${group} ${name}`).join('\n')
  if (select.dataset.names === names) return
  select.dataset.names = names
  const { value } = select
  for (const group of select.querySelectorAll('optgroup')) group.remove()
  for (const group of new Set(moments.map((moment) => moment.group))) {
    const options = document.createElement('optgroup')
    options.label = group
    moments.forEach((moment, place) => {
      if (moment.group === group) options.append(new Option(moment.name, String(place)))
    })
    select.append(options)
  }
  select.value = value
}
