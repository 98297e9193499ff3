import { AppError } from '@switchroom/protocol';
import { readonly, ref, shallowRef, type Ref } from 'vue';
import { useI18n } from 'vue-i18n';
import { errorKey } from '../errorKey.ts';

/** A form that dials: one call at a time, its failure in words beside the number. */
export function useDialling(): {
  number: Ref<string>;
  busy: Readonly<Ref<boolean>>;
  problem: Readonly<Ref<string>>;
  /** Whether `call`, given the number as it was written, was accepted. */
  dial: (call: (number: string) => Promise<void>) => Promise<boolean>;
} {
  const { t } = useI18n();
  const number = ref('');
  const busy = shallowRef(false);
  const problem = shallowRef('');

  async function dial(call: (number: string) => Promise<void>): Promise<boolean> {
    if (busy.value) return false;
    busy.value = true;
    problem.value = '';
    try {
      await call(number.value.trim());
      return true;
    } catch (error) {
      // Of what the form sends, only the number can be written in a way that is not understood.
      const isNumber = error instanceof AppError && error.code === 'bad-request';
      problem.value = t(isNumber ? 'call.numberWrong' : errorKey(error));
      return false;
    } finally {
      busy.value = false;
    }
  }

  return { number, busy: readonly(busy), problem: readonly(problem), dial };
}
