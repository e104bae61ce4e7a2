"""Every Streamlit widget, fragment and session key: what the pages are composed of."""
