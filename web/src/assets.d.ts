// Styles are imported for their effect alone: esbuild makes app.css of them.
declare module '*.css';
