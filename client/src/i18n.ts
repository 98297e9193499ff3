import { createI18n } from 'vue-i18n';
import en from './locales/en.json';

/** vue-i18n compiles messages to an AST, without `new Function`: a strict CSP allows it. */
export function createMessages() {
  return createI18n({ legacy: false, locale: 'en', fallbackLocale: 'en', messages: { en } });
}
