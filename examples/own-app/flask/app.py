from flask import Flask, abort, jsonify, render_template

app = Flask(__name__)
BOOKS = {1: "Emma", 2: "Dracula", 3: "Ulysses"}


@app.get("/")
def index():
    return render_template("index.html", books=BOOKS)


@app.get("/api/books/<int:number>")
def book(number):
    if number not in BOOKS:
        abort(404)
    return jsonify(number=number, title=BOOKS[number])
