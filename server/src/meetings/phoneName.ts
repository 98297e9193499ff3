import { maskNumber } from '@switchroom/protocol';

/** So many digits in a row, with or without separators, are a phone number. */
const NUMBER_LIKE = /\+?\d(?:[\s().-]*\d){6,}/g;

/** A caller's name as others may see it: any phone number in it is masked. */
export function phoneName(name: string): string {
  return name.replace(NUMBER_LIKE, maskNumber);
}
