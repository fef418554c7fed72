"""What each table and column means: the one list that documents, exports and Datasette are made from."""
