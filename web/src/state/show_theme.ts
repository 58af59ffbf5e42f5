// Light, dark, or as the system has it: told to the style sheet.

export type Theme = 'auto' | 'light' | 'dark';

export function showTheme(wanted: Theme): void {
  if (wanted === 'light' || wanted === 'dark') document.documentElement.dataset.theme = wanted;
  else delete document.documentElement.dataset.theme;
}
