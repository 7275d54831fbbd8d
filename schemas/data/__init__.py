"""Rows: the contract, the rules, what becomes of bad ones, and the data set that good ones make.

Where rows come from is `schemas.data.sources`; rows that are made are `schemas.recipes`.
"""
