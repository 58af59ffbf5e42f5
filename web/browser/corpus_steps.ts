// A curated corpus: from its artifact to the funnel, samples of rules, copies; by mouse, by keys, on a phone.
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { shot } from './chat_steps';
import { fits } from './other_steps';
import type { Stage } from './stage';

const step = (page: Page, name: string) => page.locator('.funnel').getByRole('button', { name: new RegExp(`^${name}: dropped`) });
const samples = (page: Page) => page.getByRole('region', { name: 'Samples' });

export async function curated(page: Page, stage: Stage): Promise<void> {
  const id = stage.curate();
  await page.goto(`${stage.url}/#/lab/artifact/${id}`);
  await page.getByRole('link', { name: 'What was curated' }).click();
  await page.getByRole('heading', { name: 'Funnel' }).waitFor();
  await samples(page).getByText('kept', { exact: true }).first().waitFor();
  // A step opens to its reasons, and the samples follow.
  await step(page, 'gopher-quality').click();
  await samples(page).getByRole('heading', { name: 'Dropped by gopher-quality' }).waitFor();
  await samples(page).getByText('dropped', { exact: true }).first().waitFor();
  await page.locator('.reasons').getByRole('button', { name: /gopher_short_doc/ }).click();
  await samples(page).getByRole('heading', { name: 'Dropped by gopher-quality: gopher_short_doc' }).waitFor();
  await samples(page).getByText('Too short.').first().waitFor();
  assert.ok((await samples(page).locator('.excerpt mark').count()) > 0, 'no place is marked');
  // Text of strangers stays text.
  await samples(page).getByText('<img src=x').waitFor();
  assert.equal(await page.locator('.excerpt img').count(), 0);
  // What was masked is marked.
  await page.getByRole('group', { name: 'Changes' }).getByRole('button', { name: /email/ }).click();
  await samples(page).locator('mark').filter({ hasText: 'jane.doe@example.org' }).first().waitFor();
  await shot(page, 'corpus');
  // Copies, sources, lengths.
  await page.locator('.cluster summary').first().click();
  await page.locator('.cluster[open] .decision').first().waitFor();
  await page.locator('.cluster summary').filter({ hasText: 'like essays.jsonl, line 10' }).click();
  await page.locator('.differences mark').filter({ hasText: '4711' }).waitFor();
  await page.getByRole('cell', { name: 'CC0' }).waitFor();
  await page.getByRole('region', { name: 'Documents by length' }).waitFor();
  await page.locator('.lengths').scrollIntoViewIfNeeded();
  await shot(page, 'corpus-end');
  await page.getByLabel('Source').selectOption('forum');
  await samples(page).getByRole('heading', { name: /of forum/ }).waitFor();
  await page.getByLabel('Source').selectOption('');
  // By keys alone.
  await step(page, 'exact').focus();
  await page.keyboard.press('Enter');
  await samples(page).getByRole('heading', { name: 'Dropped by exact' }).waitFor();
  await samples(page).getByText(/^a copy of essays.jsonl/).first().waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  await samples(page).getByRole('heading', { name: 'Dropped by exact: duplicate' }).waitFor();
  await page.emulateMedia({ colorScheme: 'dark' });
  await shot(page, 'dark-corpus');
  await page.emulateMedia({ colorScheme: 'light' });
  await page.getByRole('link', { name: 'Back to the artifact' }).click();
  await page.locator('.manifest').getByRole('heading', { name: id }).waitFor();
}

export async function curatedOnAPhone(page: Page, stage: Stage): Promise<void> {
  await page.goto(`${stage.url}/#/lab/corpus/${stage.curate()}`);
  await samples(page).locator('.excerpt').first().waitFor();
  await fits(page, 'a curated corpus');
  await shot(page, 'phone-corpus-funnel');
  await step(page, 'gopher-quality').click();
  await samples(page).getByText('dropped', { exact: true }).first().waitFor();
  await page.locator('.cluster summary').first().click();
  await fits(page, 'its samples and copies');
  await shot(page, 'phone-corpus');
  await page.locator('.sources').scrollIntoViewIfNeeded();
  await shot(page, 'phone-corpus-end');
}
