import type { Component } from 'vue';

/** One thing that a menu does. */
export interface MenuItem {
  label: string;
  icon: Component;
  tone?: 'danger';
  run: () => void;
}
