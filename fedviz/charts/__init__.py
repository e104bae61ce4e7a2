"""Charts: from a run's view to a frozen record of what is shown, and from the record to a Plotly figure. No Streamlit, no files."""
