"""Readers of files that anybody may have written: bounded in size, in memory and in what they may ask for."""
