// Colours of Solara's own parts (progress bar, alerts); the app's are in custom.css.
vuetifyThemes = {
    light: { dark: false, colors: { primary: '#0b62a8', background: '#f6f7f9', surface: '#ffffff' } },
    dark: { dark: true, colors: { primary: '#6db3f2', background: '#12151b', surface: '#1b2029' } },
}
