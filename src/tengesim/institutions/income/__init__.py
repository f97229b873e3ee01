"""Income of people: wages, pensions and benefits as dated orders that the banks carry out."""
