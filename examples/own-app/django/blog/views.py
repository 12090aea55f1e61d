from django.http import Http404, JsonResponse
from django.shortcuts import render

POSTS = {1: "Hello", 2: "A year with Django", 3: "Which server?"}


def index(request):
    return render(request, "blog/index.html", {"posts": POSTS})


def post(request, number):
    if number not in POSTS:
        raise Http404
    return JsonResponse({"number": number, "title": POSTS[number]})
