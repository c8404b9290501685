"""Recipes, training data and evaluation of the shipped models."""
