/** What Mantine's parts look like by default; colours and sizes are in style.css. */
import { createTheme } from '@mantine/core';

export const theme = createTheme({
  primaryColor: 'teal',
  defaultRadius: 'md',
  respectReducedMotion: true,
  cursorType: 'pointer',
  components: {
    // Locking the page's scroll writes a style element, which the server's policy refuses.
    Modal: { defaultProps: { lockScroll: false, centered: true, overlayProps: { opacity: 0.45 } } },
    Button: { defaultProps: { size: 'sm' } },
    Select: { defaultProps: { comboboxProps: { shadow: 'md' } } },
  },
});
