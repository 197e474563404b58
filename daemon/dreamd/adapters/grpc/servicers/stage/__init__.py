"""Services of the stage: each method checks its input, asks the application, translates the answer."""
