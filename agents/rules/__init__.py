"""What parties decide with: pure functions from what one knows to what one does. They hold and write nothing."""
