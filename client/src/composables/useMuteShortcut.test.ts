import { effectScope } from 'vue';
import { expect, it, vi } from 'vitest';
import { useMuteShortcut } from './useMuteShortcut.ts';

function press(target: EventTarget, init: KeyboardEventInit): void {
  target.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, ...init }));
}

it('M toggles; with a modifier, held down, in a field or after the end it does not', () => {
  const toggle = vi.fn();
  const scope = effectScope();
  scope.run(() => useMuteShortcut(toggle));
  const input = document.body.appendChild(document.createElement('input'));

  press(document.body, { key: 'm' });
  press(document.body, { key: 'M' });
  expect(toggle).toHaveBeenCalledTimes(2);

  press(document.body, { key: 'm', ctrlKey: true });
  press(document.body, { key: 'm', repeat: true });
  press(document.body, { key: 'n' });
  press(input, { key: 'm' });
  scope.stop();
  press(document.body, { key: 'm' });
  expect(toggle).toHaveBeenCalledTimes(2);
  input.remove();
});
