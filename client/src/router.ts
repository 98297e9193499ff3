import { createRouter, createWebHistory, type Router } from 'vue-router';
import HomeView from './home/HomeView.vue';
import NotFoundView from './status/NotFoundView.vue';

export function createAppRouter(): Router {
  return createRouter({
    history: createWebHistory(),
    routes: [
      { path: '/', name: 'home', component: HomeView },
      {
        path: '/m/:joinToken',
        name: 'meeting',
        // The media code is loaded only by those who join.
        component: () => import('./room/MeetingView.vue'),
        props: true,
      },
      {
        path: '/recordings/:recordingId?',
        name: 'recordings',
        component: () => import('./compliance/RecordingsView.vue'),
        props: true,
      },
      { path: '/:rest(.*)*', name: 'not-found', component: NotFoundView },
    ],
  });
}
