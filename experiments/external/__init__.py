"""The model against natural experiments and published studies (`lastmile external`)."""
