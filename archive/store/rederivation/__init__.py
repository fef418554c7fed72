"""Derive articles and menus again from their captures: all with today's parser, or those that are pending."""
