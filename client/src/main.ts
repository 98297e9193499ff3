import './styles/index.css';
import { createPinia } from 'pinia';
import { createApp } from 'vue';
import App from './App.vue';
import { createRestClient } from './api/createRestClient.ts';
import { createMessages } from './i18n.ts';
import { restKey, serviceKey } from './injection.ts';
import { createAppRouter } from './router.ts';
import { createMeetingService } from './service/createMeetingService.ts';

const pinia = createPinia();
const service = createMeetingService(pinia, window);
// Without this the others would wait for a timeout.
window.addEventListener('pagehide', () => service.pageHides());

createApp(App)
  .use(pinia)
  .use(createAppRouter())
  .use(createMessages())
  .provide(restKey, createRestClient(pinia))
  .provide(serviceKey, service)
  .mount('#app');
