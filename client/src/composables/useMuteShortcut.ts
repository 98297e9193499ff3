import { useEventListener } from '@vueuse/core';

/** What a key press says about itself; narrowed to what is read. */
type Press = Pick<
  KeyboardEvent,
  'key' | 'repeat' | 'ctrlKey' | 'metaKey' | 'altKey' | 'target' | 'defaultPrevented'
>;

/** Whether `press` is a plain M, outside of anything that takes text. */
export function isMuteShortcut(press: Press): boolean {
  const { target } = press;
  const typing =
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
  return (
    press.key.toLowerCase() === 'm' &&
    !typing &&
    !press.repeat &&
    !press.ctrlKey &&
    !press.metaKey &&
    !press.altKey &&
    !press.defaultPrevented
  );
}

/** M mutes and unmutes for as long as the caller's scope lives. */
export function useMuteShortcut(toggle: () => void): void {
  useEventListener(window, 'keydown', (event: KeyboardEvent) => {
    if (isMuteShortcut(event)) toggle();
  });
}
