"""The built-in digits: shapes of strokes, a hand that varies them, and the data set of their images."""
