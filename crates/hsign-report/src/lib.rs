//! A verdict as text and JSON, in Japanese and English.
