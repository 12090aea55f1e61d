CENTS = {"tea": 450, "cup": 1290, "pot": 3800}
