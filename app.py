"""fedviz in the browser: `streamlit run app.py`.

Streamlit imports this file once as the ASGI application (the branch below), and runs it again as a script for every
viewer (the branch above): so one file serves the page and its event streams from one process.
"""

import streamlit as st

if __name__ == "__main__":
    from fedviz.ui import shell

    shell.prepare()
    page = st.navigation(shell.pages(), position="sidebar")
    shell.sidebar()
    shell.show(page)
else:
    from fedviz.ui import shell, warm
    from fedviz.ui.stream import routes

    app = st.App(__file__, routes=routes, lifespan=warm.lifespan, on_script_error=shell.on_error)
