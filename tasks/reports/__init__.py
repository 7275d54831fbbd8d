"""What people look at: figures and pages, made from finished records. Nothing here decides or measures."""
